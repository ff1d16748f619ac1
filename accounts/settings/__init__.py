"""Settings that an administrator changes while the site runs: what they are now, and the verbs that change them."""
