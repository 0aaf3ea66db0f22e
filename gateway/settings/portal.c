/* portal.c - section portal: where people ask for what the law gives them. */
#include "settings/parse.h"
#include "settings/syntax.h"

#define ASKS_MIN 1
#define ASKS_MAX 6000
#define ASKS	 60

void conf_portal_defaults(struct settings *s)
{
	s->portal.enabled = true;
	s->portal.asks_per_minute = ASKS;
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

static void asks_read(struct parse *in, const struct yaml *node)
{
	int64_t n;

	if (!node)
		return;
	if (yaml_int(node, &n) && n >= ASKS_MIN && n <= ASKS_MAX)
		in->s->portal.asks_per_minute = n;
	else
		diag_add(in->diag, node->line, node->column,
			 "asks_per_minute is out of range; it has to be a "
			 "whole number from %d to %d",
			 ASKS_MIN, ASKS_MAX);
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
	asks_read(in, yaml_get(map, "asks_per_minute"));
}
