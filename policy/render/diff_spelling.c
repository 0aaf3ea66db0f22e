/* diff_spelling.c - lists and trees in one spelling, whatever their order. */
#include "diff.h"

#include <stdlib.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void diff_sort(const char **names, size_t len)
{
	if (len > 0)
		qsort(names, len, sizeof(names[0]), by_text);
}

void diff_names(struct prose *t, const char **names, size_t len)
{
	diff_sort(names, len);
	for (size_t i = 0; i < len; i++)
		prose_add(t, "%s%s", i == 0 ? "" : ", ", names[i]);
}

/* A notice for every language says only its name. */
void diff_says(struct prose *t, const struct says *says)
{
	char words[LANGUAGES_MAX][NAME_LEN_MAX + 8];
	const char *sorted[LANGUAGES_MAX];

	for (size_t i = 0; i < says->len; i++) {
		const char *language = says->of[i].language;

		(void)snprintf(words[i], sizeof(words[i]), "%s%s%s", language,
			       language[0] != '\0' ? ": " : "",
			       says->of[i].notice.text);
		sorted[i] = words[i];
	}
	diff_names(t, sorted, says->len);
}

/* --- trees ---------------------------------------------------------------- */

static char *canon_child(struct prose *t, const struct yaml *node, bool keyed)
{
	struct buf own = BUF_INIT(DESCRIPTION_MAX);
	struct prose inner = {.out = &own, .tongue = t->tongue};
	char *ret = NULL;

	if (keyed)
		prose_add(&inner, "%s: ", node->key);
	diff_canon(&inner, node);
	prose_bytes(&inner, "", 1);
	if (!inner.failed)
		ret = strdup((const char *)own.bytes);
	buf_free(&own);
	return ret;
}

static void canon_children(struct prose *t, const struct yaml *node,
			   char **parts)
{
	size_t len = 0;

	for (const struct yaml *at = node->first; at; at = at->next) {
		parts[len] = canon_child(t, at, node->type == YAML_MAP);
		if (!parts[len]) {
			t->failed = true;
			(void)ERR_SET(&t->err, ERR_NOMEM,
				      "no memory to compare", 0);
			break;
		}
		len++;
	}
	qsort(parts, len, sizeof(parts[0]), by_text);
	for (size_t i = 0; i < len; i++) {
		prose_add(t, "%s%s", i == 0 ? "" : ", ", parts[i]);
		free(parts[i]);
	}
}

void diff_canon(struct prose *t, const struct yaml *node)
{
	char **parts;

	if (!node || t->failed)
		return;
	if (node->type == YAML_SCALAR) {
		prose_add(t, "%s", node->text);
		return;
	}
	/* One more: malloc(0) may be NULL. */
	parts = calloc(node->children + 1, sizeof(*parts));
	if (!parts) {
		t->failed = true;
		(void)ERR_SET(&t->err, ERR_NOMEM, "no memory to compare", 0);
		return;
	}
	prose_add(t, "%s", node->type == YAML_MAP ? "{" : "[");
	canon_children(t, node, parts);
	prose_add(t, "%s", node->type == YAML_MAP ? "}" : "]");
	free(parts);
}
