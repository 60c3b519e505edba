/* The names of the vault's files, and overwriting one. */
#ifndef INGLE_GUARD_VAULT_VAULT_DB_INTERNAL_H
#define INGLE_GUARD_VAULT_VAULT_DB_INTERNAL_H

#define VAULT_DB_NAME "vault.db"
#define VAULT_DB_JOURNAL "-journal"

/* Zeros over all of the file, synced, then its end at 0 bytes. Returns an errno. */
int vault_overwrite(const char *path);

#endif
