"""`python -m server` is `folkmoot`."""

from server.cli import main

if __name__ == "__main__":
    main()
