"""What can be tuned, typed. Imports nothing of the project; every other package may import it."""
