/* Passphrases: typed at the terminal without being shown, or from a file or standard input for
 * scripts. They lie in memory that is wiped. */
#ifndef INGLE_CLI_PASSPHRASE_H
#define INGLE_CLI_PASSPHRASE_H

#include <stdbool.h>

#include "guard/vault/private_memory.h"
#include "guard/vault/vault.h"

struct passphrase {
    struct private_memory memory;
    struct vault_passphrase value; /* in that memory */
};

/* One line of from (a path, or - for standard input), or, where from is NULL, what is typed after
 * the prompt; twice the same if it is a new one. REFUSED if there is no terminal to ask at. */
BASE_NODISCARD ingle_status passphrase_read(struct passphrase *out, const char *from,
                                            const char *prompt, bool is_new, ingle_error *err);

/* Whether there is a terminal to ask at. */
bool passphrase_can_ask(void);

void passphrase_clear(struct passphrase *p); /* a zeroed one is fine */

#endif
