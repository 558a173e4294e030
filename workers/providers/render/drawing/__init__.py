"""Pictures that are made here: words, captions, pages and shapes."""
