"""Statistical evidence that takes minutes: `make evidence` measures it anew, with the seeds declared in each file."""
