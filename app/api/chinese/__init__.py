"""What the domain refuses, in Chinese: beside the English sentence that an error has, never in its place.

codes*    every code has one sentence, which is said where nothing more exact is known
phrases*  sentences and expected things as the code has them, {} where something is filled in
values    what is filled in, where it is a word of ours
saying    finds the words
"""
