/* A vault for tests, locked with a key file or a cheap passphrase, and its file laid open. A
 * failure ends the test. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_VAULT_STORE_H
#define INGLE_TESTS_SUPPORT_VAULT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard/vault/vault_access.h"

#define STORE_PASSPHRASE "correct horse"

/* In the folder `name` of the test's own (support/folder.h); overwritten by the fourth call from
 * now. */
struct vault_where store_where(const char *name);

/* Makes it there. */
void store_make(const struct vault_where *where, enum vault_lock lock);

struct vault *store_open(const struct vault_where *where); /* of either lock */

uint32_t store_begin(struct vault *v, const char *title);
void store_append(struct vault *v, uint32_t number, const char *text);

/* The records as "one|two|three", or what was read before the failure; valid until the next call.
 */
const char *store_read(struct vault *v, uint32_t number, ingle_status *status, ingle_error *err);

/* The list as "1 title 3|2 other 0 damaged". */
const char *store_list(struct vault *v);

/* Runs SQL on the file, as somebody else could who has no key. */
void store_sql(const struct vault_where *where, const char *sql);

const char *store_path(const struct vault_where *where); /* of vault.db; until the next call */

#endif
