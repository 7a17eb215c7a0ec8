"""Speed, memory and accuracy beside named alternatives; each file is a program, ``python -m bench`` runs them all."""
