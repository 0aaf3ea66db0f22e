/* fuzz_keyword.c - messages: one spelling, which is UTF-8, not longer, and the
 * spelling of itself; what stands around a word changes no class. */
#include <jansson.h>

#include "fuzz_house.h"
#include "postern/keyword.h"
#include "postern/language.h"

/* A spelling begins and ends solid, with single spaces. */
static void check_spelling(const char *spelt, size_t len)
{
	json_t *text = json_stringn(spelt, len);

	MUST(text != NULL);
	json_decref(text);
	MUST(spelt[len] == '\0');
	for (size_t i = 0; i < len; i++) {
		MUST(spelt[i] < 'A' || spelt[i] > 'Z');
		MUST(spelt[i] != ' ' ||
		     (i > 0 && i + 1 < len && spelt[i + 1] != ' '));
	}
}

/* The same message in quotes, with a hand and spaces. */
static void check_around(const char *text, size_t size,
			 enum keyword_class class)
{
	static const char before[] = " \xe2\x9c\x8b\"", after[] = "!\xc2\xa0\n";
	const size_t head = sizeof(before) - 1, tail = sizeof(after) - 1;
	char *more = malloc(head + size + tail + 1);
	size_t len;

	MUST(more != NULL);
	memcpy(more, before, head);
	memcpy(more + head, text, size);
	memcpy(more + head + size, after, tail);
	len = keyword_normalise(more, head + size + tail, more);
	MUST(keyword_classify(more, len, NULL, 0) == class);
	free(more);
}

static void check_language(const char *spelt, size_t len)
{
	const char *language = language_of(spelt, len);

	MUST(language == NULL || strcmp(language, "de") == 0 ||
	     strcmp(language, "en") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct keyword_word added[] = {{KEYWORD_STOP, "basta"},
						    {KEYWORD_REVIEW, "recht"}};
	char *text = malloc(size + 1), *spelt = malloc(size + 1);
	enum keyword_class class;
	size_t len, again;

	MUST(text != NULL && spelt != NULL);
	if (size > 0)
		memcpy(text, data, size);
	len = keyword_normalise(text, size, spelt);
	MUST(len <= size);
	check_spelling(spelt, len);
	check_language(spelt, len);
	class = keyword_classify(spelt, len, NULL, 0);
	MUST(class != KEYWORD_CONFIRM);
	if (class != KEYWORD_NONE)
		MUST(keyword_classify(spelt, len, added, 2) == class);
	MUST(!keyword_confirms(spelt, len, NULL, 0) || class == KEYWORD_NONE);
	check_around(text, size, class);
	again = keyword_normalise(text, size, text); /* in place */
	MUST(again == len && memcmp(text, spelt, len) == 0);
	again = keyword_normalise(text, len, text);
	MUST(again == len && memcmp(text, spelt, len) == 0);
	free(spelt);
	free(text);
	return 0;
}
