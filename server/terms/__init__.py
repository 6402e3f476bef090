"""The texts patrons are asked to accept: their versions, what each patron said to them, and what it comes to."""
