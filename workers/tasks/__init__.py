"""What Celery calls: one module per queue, one line each."""
