"""What a row is worth: the model's score, its label, the online learner and how much each member is trusted."""
