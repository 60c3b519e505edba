/* What model_files.c and model_keeper.c know of each other. */
#ifndef INGLE_WORKER_CLIENT_MODEL_FILES_INTERNAL_H
#define INGLE_WORKER_CLIENT_MODEL_FILES_INTERNAL_H

#include "worker/client/model_files.h"

/* Gives the new file its name, in the process that holds the folder. */
BASE_NODISCARD ingle_status model_files_commit(struct model_files *f, ingle_error *err);

/* Has the keeper do that, and waits for it. */
BASE_NODISCARD ingle_status model_keeper_commit(struct model_files *f, ingle_error *err);

/* Ends the keeper, if there is one, once it has removed what is not finished. */
void model_keeper_close(struct model_files *f);

#endif
