"""What all staff pages share: who is asking, tokens against forged forms, layout, live parts."""
