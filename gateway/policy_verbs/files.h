/* files.h - policies and settings of the verbs that explain them. */
#ifndef POSTERN_POLICY_VERBS_FILES_H
#define POSTERN_POLICY_VERBS_FILES_H

#include "postern/buf.h"
#include "postern/policy.h"
#include "postern/settings.h"

/* The policy in file, or in DIR/policy.yaml when that is NULL.  0, or -1 with
 * its findings printed. */
int files_policy(const char *dir, const char *file, struct policy **ret);
/* The text of one that is in order. */
#define FILES_POLICY_BYTES (1u << 20)
int files_policy_text(const char *file, struct buf *ret);
/* Of these bytes; file is what findings name. */
int files_policy_parse(const char *file, const struct buf *bytes,
		       struct policy **ret);
/* DIR/postern.yaml without its secrets.  loud: findings are printed. */
int files_settings(const char *dir, bool loud, struct settings **ret);
/* The name of a file without its folders, for "policy.yaml:12". */
const char *files_label(const char *file);

#endif
