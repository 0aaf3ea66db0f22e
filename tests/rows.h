/* rows.h - the rows of a fixture file of JSON lines, one call each. */
#ifndef POSTERN_TESTS_ROWS_H
#define POSTERN_TESTS_ROWS_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* NULL: the fixtures are not here, and the test is to be skipped. */
static inline FILE *rows_open(const char *name)
{
	const char *root = getenv("FIXTURES");
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s",
		       root != NULL ? root : "../shared/fixtures", name);
	return fopen(path, "re");
}

static inline const char *row_text(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	if (text == NULL)
		fail_msg("no text %s", key);
	return text;
}

/* The name of a row for messages. */
static inline const char *row_name(const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "name"));

	return name != NULL ? name : "";
}

/* Skips the test without the file; fails it without rows. */
static inline void rows_each(const char *name, void (*check)(const json_t *row))
{
	FILE *in = rows_open(name);
	static char line[65536];
	size_t rows = 0;

	if (in == NULL)
		skip();
	for (; fgets(line, sizeof(line), in) != NULL; rows++) {
		json_t *row = json_loads(line, 0, NULL);

		assert_non_null(row);
		check(row);
		json_decref(row);
	}
	(void)fclose(in);
	assert_true(rows > 0);
}

#endif
