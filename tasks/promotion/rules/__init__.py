"""What a promotion asks beside the gate of register: one file a rule, listed in tasks.promotion.gate.RULES"""
