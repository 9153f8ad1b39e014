"""What the market says: which records are believed, the best quotes, the bars."""
