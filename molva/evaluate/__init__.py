"""How good Molva's judgement is on public data sets: measurements, baselines and targets beside each other."""
