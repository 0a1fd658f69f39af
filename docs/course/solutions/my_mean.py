"""Chapter 4: the mean of the messages that arrive at each node; zeros where none does."""


def mean(rows, index, num_groups):
    out = [[0.0] * len(rows[0]) for _ in range(num_groups)]
    counts = [0] * num_groups
    for row, group in zip(rows, index):
        counts[group] += 1
        out[group] = [total + entry for total, entry in zip(out[group], row)]
    return [[total / max(count, 1) for total in sums] for sums, count in zip(out, counts)]
