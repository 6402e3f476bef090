"""Who was let in and who was not, by digest and for 14 days: answers to patrons, and numbers for staff."""
