/* What the vault keeps, printed. */
#ifndef INGLE_CLI_VAULT_VIEW_H
#define INGLE_CLI_VAULT_VIEW_H

#include "cli/out.h"
#include "guard/vault/vault_access.h"

void vault_print_status(struct out *out, const struct vault_status *status, bool as_json);

/* All conversations. INVALID, after them, if some are damaged. */
BASE_NODISCARD ingle_status vault_print_list(struct out *out, struct vault *v, bool as_json,
                                             ingle_error *err);

/* As it stands: what was taken back is not shown. INVALID, after what is intact, if it is damaged.
 */
BASE_NODISCARD ingle_status vault_print_conversation(struct out *out, struct vault *v,
                                                     uint32_t number, bool as_json,
                                                     ingle_error *err);
BASE_NODISCARD ingle_status vault_print_tasks(struct out *out, struct vault *v, bool as_json,
                                              ingle_error *err);

#endif
