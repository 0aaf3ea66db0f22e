/* portal.c - section portal: where people ask for what the law gives them. */
#include "settings/parse.h"
#include "settings/syntax.h"

static const struct conf_number asks = {"asks_per_minute", 1, 6000, 60,
					"requests"};

void conf_portal_defaults(struct settings *s)
{
	s->portal.enabled = true;
	s->portal.asks_per_minute = asks.fallback;
}

static void url_read(struct parse *in, const struct yaml *node)
{
	char *text = in->s->portal.url;
	struct url url;
	size_t len;

	if (!node || !conf_text_into(in, node, "url", 1, text,
				     sizeof(in->s->portal.url)))
		return;
	len = strlen(text);
	if (len > 0 && text[len - 1] == '/')
		text[len - 1] = '\0';
	if (!syntax_url(text, &url) || !url.https || strpbrk(text, "?#"))
		diag_add(in->diag, node->line, node->column,
			 "url is no https address; write where people reach "
			 "the public listener, such as "
			 "https://chat.muster.example");
}

void conf_portal(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"enabled", "url", "asks_per_minute"};
	const struct yaml *enabled;

	if (!conf_is_map(in, map, "portal"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	enabled = yaml_get(map, "enabled");
	if (enabled && !yaml_bool(enabled, &in->s->portal.enabled))
		diag_add(in->diag, enabled->line, enabled->column,
			 "enabled is neither true nor false; write one of "
			 "them");
	url_read(in, yaml_get(map, "url"));
	conf_number_into(in, map, &asks, &in->s->portal.asks_per_minute);
}
