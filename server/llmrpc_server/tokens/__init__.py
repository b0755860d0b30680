"""How many tokens a request or an answer has: estimates for what a provider did not say, bounds for what it may say.

estimates: of requests; output_estimates: of answers, as they grow.
manners: how models count; image_size, encrypted_reasoning, echoes: what is not plain text.
"""
