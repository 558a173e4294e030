"""The kinds of picture there are, each a painter that reports how far it has come."""
