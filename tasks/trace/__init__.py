"""a row, a data set, two versions → what they have to do with each other; the model card"""
