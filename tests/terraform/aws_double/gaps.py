"""What moto accepts and forgets; each was found by a second plan that was not empty."""
