"""A child that says which rows a journal holds."""

import sqlite3
import sys

if __name__ == "__main__":
    with sqlite3.connect(sys.argv[1]) as database:
        for (number,) in database.execute("SELECT seq FROM row ORDER BY seq"):
            sys.stdout.write(f"{number}\n")
