/* fuzz_form.c - a body is a form of texts, each name once, or no form. */
#include "fuzz_house.h"
#include "postern/text.h"
#include "public/form.h"

static void is_text(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		size_t n = utf8_sequence((const uint8_t *)text + i, len - i);

		MUST(n > 0);
		MUST((uint8_t)text[i] >= 0x20 || text[i] == '\n' ||
		     text[i] == '\t');
		i += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char code[FORM_CODE_BYTES];
	struct err err = {0};
	struct form form;

	if (form_read(data, size, &form, &err) != 0) {
		MUST(err.kind == ERR_INPUT || err.kind == ERR_NOMEM);
		form_free(&form);
		return 0;
	}
	MUST(form.len <= FORM_FIELDS_MAX && form.text.len <= form.text.cap);
	for (size_t i = 0; i < form.len; i++) {
		is_text(form.fields[i].name);
		is_text(form.fields[i].value);
		MUST(form_get(&form, form.fields[i].name) ==
		     form.fields[i].value);
		form_code(form.fields[i].value, code);
		MUST(strlen(code) < FORM_CODE_BYTES);
	}
	form_free(&form);
	return 0;
}
