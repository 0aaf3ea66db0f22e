/* dsr_house.h - fixtures and invented bodies of OpenDSR and DRP. */
#ifndef POSTERN_TESTS_DSR_HOUSE_H
#define POSTERN_TESTS_DSR_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after its four */
#include <cmocka.h>
#include <jansson.h>

static inline char *dsr_file(const char *name, size_t *ret_len)
{
	const char *root = getenv("FIXTURES");
	char path[512];
	FILE *file;
	char *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s",
		       root != NULL ? root : "../shared/fixtures", name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("no fixture %s", name);
	text = malloc(65536);
	assert_non_null(text);
	len = fread(text, 1, 65535, file);
	text[len] = '\0';
	(void)fclose(file);
	if (ret_len != NULL)
		*ret_len = len;
	return text;
}

static inline json_t *dsr_json(const char *name)
{
	char *text = dsr_file(name, NULL);
	json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	free(text);
	return doc;
}

static inline const char *dsr_text(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	assert_non_null(text);
	return text;
}

#endif
