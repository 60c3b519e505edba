/* JSON texts without needless white space: between things nothing but one space after ':' or ','.
 * Models write calls so; and one that got lost cannot write blanks for ever. */
#ifndef INGLE_ENGINE_CHAT_TIGHT_JSON_H
#define INGLE_ENGINE_CHAT_TIGHT_JSON_H

#include "engine/constraint/machine.h"

/* Those of the texts of `json`, a machine of JSON texts. Takes it in any case. */
BASE_NODISCARD ingle_status tight_json_new(struct machine **out, struct machine *json,
                                           ingle_error *err);

#endif
