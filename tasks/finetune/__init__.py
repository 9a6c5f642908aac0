"""augmented rows → fine-tuned model"""
