/* The vault and the audit log vouch for each other: after each change the log notes which
 * generation the vault has, so that a vault.db that was put back as a whole is noticed. (That the
 * log was put back along with it is noticed by who noted its head elsewhere.) */
#ifndef INGLE_CLI_VAULT_ANCHOR_H
#define INGLE_CLI_VAULT_ANCHOR_H

#include "guard/audit/audit.h"
#include "guard/vault/vault_access.h"

/* Writes the generation into the log. */
void vault_anchor_note(struct vault *v);

/* Bytes by which a record tells which vault it is of; nothing else can be told by them. */
#define VAULT_ANCHOR_ID 8

struct vault_anchor {
    struct vault *vault; /* NULL: none, or locked; nothing can be told */
    uint8_t id[VAULT_ANCHOR_ID];
    uint64_t n_noted;           /* records about it */
    uint64_t noted, generation; /* the last that the log knows, and the vault's */
};

/* The vault of this user, if it opens by itself; also one that is off. */
void vault_anchor_open(struct vault_anchor *a);
/* An audit_record_fn; user is the anchor. */
bool vault_anchor_record(const struct audit_record *r, void *user);
/* After all records. True if the vault is older than the log says. */
bool vault_anchor_is_old(struct vault_anchor *a);
void vault_anchor_close(struct vault_anchor *a);

#endif
