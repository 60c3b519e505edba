/* Packs for a command: the one that an option names, or the one that is part of the program. */
#ifndef INGLE_CLI_BUILTIN_PACK_H
#define INGLE_CLI_BUILTIN_PACK_H

#include "base/status.h"
#include "builtin/builtin.h"
#include "ingle/pack.h"

/* path NULL: the built-in pack `which`; NOT_FOUND if this build has none. The caller closes it. */
BASE_NODISCARD ingle_status builtin_pack_open(ingle_pack **out, const char *path,
                                              enum builtin_pack which, ingle_error *err);

#endif
