/* templates.c - the texts init starts from.
 *
 * The assembler takes the files in as they are; a generator would be one more
 * thing to trust.  Paths are relative to where make runs. */
#include "settings/templates.h"

#define EMBED(symbol, file)                           \
	__asm__(".section .rodata\n"                  \
		".balign 16\n"                        \
		"template_" #symbol "_begin:\n"       \
		".incbin \"" file "\"\n"              \
		".byte 0\n"                           \
		".previous\n");                       \
	extern const char template_##symbol##_begin[] \
	    __attribute__((visibility("hidden")))

EMBED(settings, "gateway/settings/templates/postern.yaml");
EMBED(kundenservice, "policy/templates/kundenservice.yaml");
EMBED(handwerk, "policy/templates/handwerk.yaml");
EMBED(praxis, "policy/templates/praxis.yaml");
EMBED(bank, "policy/templates/bank.yaml");
EMBED(shop, "policy/templates/shop.yaml");

/* Each file is followed by a NUL and has none inside. */
#define POLICY(n, c)                                                      \
	{                                                                 \
		.name = #n, .channel = (c), .bytes = template_##n##_begin \
	}

static const struct template_policy policies[] = {
    POLICY(kundenservice, "kundenservice"),
    POLICY(handwerk, "buero"),
    POLICY(praxis, "praxis"),
    POLICY(bank, "service"),
    POLICY(shop, "shop"),
};

const struct template_policy *template_all(size_t *ret_len)
{
	*ret_len = sizeof(policies) / sizeof(policies[0]);
	return policies;
}

const struct template_policy *template_find(const char *name)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policies[i].name, name) == 0)
			return &policies[i];
	return NULL;
}

static const struct template_fill *fill_at(const char *text,
					   const struct template_fill *fills,
					   size_t fills_len)
{
	for (size_t i = 0; i < fills_len; i++)
		if (strncmp(text, fills[i].mark, strlen(fills[i].mark)) == 0)
			return &fills[i];
	return NULL;
}

int template_settings(const struct template_fill *fills, size_t fills_len,
		      struct buf *ret, struct err *err)
{
	const char *at = template_settings_begin;

	while (*at != '\0') {
		const struct template_fill *fill =
		    fill_at(at, fills, fills_len);
		size_t plain = 1 + strcspn(at + 1, "@");

		if (fill) {
			if (buf_append_text(ret, fill->text, err) != 0)
				return -1;
			at += strlen(fill->mark);
		} else {
			if (buf_append(ret, at, plain, err) != 0)
				return -1;
			at += plain;
		}
	}
	return 0;
}
