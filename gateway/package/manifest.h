/* manifest.h - what is in a package: each file with its bytes, SHA-256,
 * Datenart and legal basis; what was masked in it, and why. */
#ifndef POSTERN_PACKAGE_MANIFEST_H
#define POSTERN_PACKAGE_MANIFEST_H

#include <jansson.h>

#include "package.h"

struct manifest;
int manifest_new(struct manifest **ret, struct err *err);
void manifest_free(struct manifest **m); /* accepts NULL */

/* A record of that Datenart and basis is in the text files; NULL: not known. */
int manifest_saw(struct manifest *m, const char *datenart, const char *basis,
		 struct err *err);
/* A file; datenart NULL: it holds whatever was seen. */
struct manifest_file {
	const char *path;
	int64_t bytes;
	const uint8_t *sha256;
	const char *datenart, *basis;
};
int manifest_add(struct manifest *m, const struct manifest_file *file,
		 struct err *err);
/* Data of others were taken out of a record of data.json; found: the kinds, a
 * list, borrowed. */
int manifest_redacted(struct manifest *m, const char *section, const char *id,
		      const json_t *found, struct err *err);
/* A file that should be there and cannot. */
int manifest_missing(struct manifest *m, const char *path, const char *why,
		     struct err *err);

struct manifest_head {
	const char *package, *kind, *person, *controller, *made;
	const char *policy;
	int64_t version;
};
int manifest_print(struct manifest *m, const struct manifest_head *head,
		   struct buf *ret, struct err *err);

#endif
