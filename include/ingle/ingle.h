/* ingle: small language models on your own machine. This header includes the whole API. */
#ifndef INGLE_INGLE_H
#define INGLE_INGLE_H

#include "ingle/chat.h"
#include "ingle/complete.h"
#include "ingle/constraint.h"
#include "ingle/cpu.h"
#include "ingle/digest.h"
#include "ingle/document.h"
#include "ingle/draft.h"
#include "ingle/file.h"
#include "ingle/group.h"
#include "ingle/intent.h"
#include "ingle/model.h"
#include "ingle/pack.h"
#include "ingle/prefix_cache.h"
#include "ingle/rewrite.h"
#include "ingle/sampling.h"
#include "ingle/session.h"
#include "ingle/status.h"
#include "ingle/summarize.h"
#include "ingle/tasks.h"
#include "ingle/template.h"
#include "ingle/tokenizer.h"

#define INGLE_VERSION_MAJOR 0
#define INGLE_VERSION_MINOR 1
#define INGLE_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0" of the library in use. */
INGLE_API const char *ingle_version(void);

#ifdef __cplusplus
}
#endif

#endif
