/* notices.c - the texts people are sent, and what the law wants in them. */
#include <sodium.h>

#include "postern/caldate.h"

#include "model.h"

#define FIRST_LAYER_LINES 3 /* compliance 2.5 */

static void notice_text(struct notice *notice, const struct yaml *node,
			struct diag *diag)
{
	const char *text = NULL;

	if (node->type != YAML_SCALAR || yaml_null(node) ||
	    node->text[0] == '\0' || strlen(node->text) > NOTICE_MAX) {
		diag_add(diag, node->line, node->column,
			 "notice %s is no text of 1 to %d bytes; write what "
			 "the person is told, in quotes",
			 notice->n.name.text, NOTICE_MAX);
		return;
	}
	text = node->text;
	notice->n.text = text;
	notice->n.text_len = strlen(text);
	(void)crypto_hash_sha256(notice->n.sha256, (const uint8_t *)text,
				 notice->n.text_len);
}

static void parse_blocks(struct notice *notice, const struct yaml *map,
			 struct diag *diag)
{
	if (!policy_is_map(map, "blocks", diag))
		return;
	notice->has_blocks = true;
	notice->blocks_at = place_of_key(map);
	(void)policy_known_keys(map, KEYS_BLOCKS, diag);
	for (size_t i = 0; i < NOTICE_BLOCKS; i++) {
		const struct yaml *node = yaml_get(map, notice_block_words[i]);

		if (node)
			(void)policy_field_text(node, NOTICE_MAX,
						&notice->blocks[i], diag);
	}
}

static void notice_language(struct notice *notice, const struct yaml *map,
			    struct diag *diag)
{
	const struct yaml *node = yaml_get(map, "language");

	if (!node)
		return;
	notice->language_at = place_of(node);
	if (policy_field_language(node, diag))
		memcpy(notice->n.language, node->text, LANGUAGE_BYTES);
}

static void notice_valid_from(struct notice *notice, const struct yaml *map,
			      struct diag *diag)
{
	const struct yaml *node = yaml_get(map, "valid_from");
	int64_t day;

	if (!node)
		return;
	if (node->type == YAML_SCALAR && caldate_parse(node->text, &day))
		notice->valid_from = node->text;
	else
		diag_add(diag, node->line, node->column,
			 "valid_from is no date; write year, month and day: "
			 "2026-11-21");
}

/* Source: compliance 2.5: who, why, link, STOP; at most three lines. */
static void check_first_layer(const struct notice *notice,
			      const struct yaml *node, struct diag *diag)
{
	size_t lines = 1;

	if (notice->kind != NOTICE_NOTICE || !notice->n.text)
		return;
	for (size_t i = 0; i + 1 < notice->n.text_len; i++)
		lines += notice->n.text[i] == '\n';
	if (lines > FIRST_LAYER_LINES)
		diag_add(diag, node->line, node->column,
			 "notice %s has %zu lines; keep the first layer to %d "
			 "and put the rest behind url",
			 notice->n.name.text, lines, FIRST_LAYER_LINES);
}

static void parse_long(struct notice *notice, const struct yaml *map,
		       struct diag *diag)
{
	const struct yaml *text, *node;
	int word;

	(void)policy_known_keys(map, KEYS_NOTICE, diag);
	text = policy_need(map, "text", "write what the person is told", diag);
	if (text)
		notice_text(notice, text, diag);
	notice_language(notice, map, diag);
	notice_valid_from(notice, map, diag);
	policy_opt_text(map, "url", &notice->n.url, diag);
	if (notice->n.url && strncmp(notice->n.url, "https://", 8) != 0)
		diag_add(diag, yaml_get(map, "url")->line,
			 yaml_get(map, "url")->column,
			 "url does not begin with https://; people have to be "
			 "able to open it safely");
	node = yaml_get(map, "kind");
	if (node) {
		word = policy_field_of(node, WORDS_KIND, diag);
		if (word >= 0)
			notice->kind = (enum notice_kind)(NOTICE_NOTICE + word);
	}
	node = yaml_get(map, "blocks");
	if (node)
		parse_blocks(notice, node, diag);
	if (text)
		check_first_layer(notice, text, diag);
}

void policy_parse_notices(struct policy *p, const struct yaml *map,
			  struct diag *diag)
{
	if (!policy_is_map(map, "notices", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct notice *notice = &p->notices[p->notices_len];

		if (p->notices_len == NOTICES_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many notices; %d is the most",
				 NOTICES_MAX);
			return;
		}
		*notice = (struct notice){.at = place_of_key(at),
					  .n.line = at->key_line};
		if (!policy_key_name(at, "notice", &notice->n.name, diag))
			continue;
		if (at->type == YAML_MAP)
			parse_long(notice, at, diag);
		else
			notice_text(notice, at, diag);
		p->notices_len++;
	}
}
