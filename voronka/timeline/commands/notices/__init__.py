"""What is written about notices: choices, devices, and their ways out."""
