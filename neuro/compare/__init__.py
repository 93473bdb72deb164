"""Are two runs the same, where do they part, and how good is a code?"""
