"""A stand-in for BankID: its relying-party API, version 6, over HTTPS, and a phone that can be told what to do."""
