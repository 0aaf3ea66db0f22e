/* yamldoc.h - the strict YAML subset both edited files use.
 *
 * YAML 1.2 maps, lists and scalars with positions.  Refused: anchors, aliases,
 * tags, duplicate keys, several documents, depth over 16, more than 20 000
 * nodes or 1000 keys in one map, files over 1 MiB, non-UTF-8. */
#ifndef POSTERN_YAMLDOC_H
#define POSTERN_YAMLDOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/diag.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_type type;
	size_t line, column; /* from 1 */
	const char *text;    /* scalar, NUL-terminated; no NUL inside */
	bool quoted;	     /* scalar was quoted: never null, bool or number */
	const char *key;     /* this node's key when its parent is a map */
	size_t key_line, key_column;
	struct yaml *first, *next; /* children; siblings */
	size_t children;
};

struct yaml_doc;

/* libyaml exports a yaml_free of its own; ours must not take its place. */
#define yaml_free yaml_doc_free

/* yaml_parse - bytes to a tree.  Returns 0, or -1 with findings in diag.
 * Pure; has a fuzz target (fuzz_settings). */
int yaml_parse(const uint8_t *bytes, size_t len, struct diag *diag,
	       struct yaml_doc **ret);
const struct yaml *yaml_root(const struct yaml_doc *doc);
void yaml_free(struct yaml_doc **doc);

/* The child of a map with this key, or NULL (also when node is no map). */
const struct yaml *yaml_get(const struct yaml *node, const char *key);
/* Reports every key of map that is not in known, with the nearest known one.
 * Returns the number reported. */
size_t yaml_unknown_keys(const struct yaml *map, const char *const *known,
			 size_t known_len, struct diag *diag);
/* Typed reads; false (nothing written, nothing reported) if it is not that. */
bool yaml_bool(const struct yaml *node, bool *ret);
bool yaml_int(const struct yaml *node, int64_t *ret);
bool yaml_null(const struct yaml *node);

#endif
