/* A batch of sequences packed one behind the other: sequence s is rows starts[s] .. starts[s + 1]
 * of every activation matrix. None is empty. */
#ifndef INGLE_LEARN_NN_SEQUENCES_H
#define INGLE_LEARN_NN_SEQUENCES_H

struct nn_sequences {
    const int *starts; /* [n + 1] from 0 */
    int n;
};

static inline int nn_n_tokens(struct nn_sequences s) {
    return s.starts[s.n];
}

static inline int nn_longest(struct nn_sequences s) {
    int longest = 0;
    for (int i = 0; i < s.n; i++) {
        int len = s.starts[i + 1] - s.starts[i];
        if (len > longest) longest = len;
    }
    return longest;
}

#endif
