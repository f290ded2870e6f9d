"""The ground: errors, clock and working hours, money, phones, texts. Knows nothing about sales."""
