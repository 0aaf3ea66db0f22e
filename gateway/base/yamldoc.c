/* yamldoc.c - libyaml's events to a tree, refusing what surprises people. */
#include "postern/yamldoc.h"

#include <errno.h>
#include <yaml.h>

#define BYTES_MAX (1024u * 1024)
#define DEPTH_MAX 16
#define NODES_MAX 20000
/* Of one map: each is compared with those before it, and a policy may come
 * over the API, where others wait. */
#define KEYS_MAX    1000
#define CHUNK_BYTES 16384

struct node {
	struct yaml y; /* first: the tree hands out its address */
	uint32_t key_hash;
	struct node *last; /* child */
};

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

struct yaml_doc {
	struct chunk *chunks;
	struct node *root;
};

struct builder {
	struct yaml_doc *doc;
	struct diag *diag;
	struct node *stack[DEPTH_MAX];
	size_t depth, nodes, documents;
	/* The key read last, waiting for its value. */
	const char *key;
	size_t key_line, key_column;
	bool failed; /* findings were added */
};

/* --- memory --------------------------------------------------------------- */

static void *arena_get(struct yaml_doc *doc, size_t len)
{
	size_t align = _Alignof(max_align_t);
	size_t need = (len + align - 1) / align * align;
	struct chunk *c = doc->chunks;
	void *p;

	if (c == NULL || c->size - c->used < need) {
		size_t size = need > CHUNK_BYTES ? need : CHUNK_BYTES;

		c = malloc(sizeof(*c) + size);
		if (c == NULL)
			return NULL;
		*c = (struct chunk){.next = doc->chunks, .size = size};
		doc->chunks = c;
	}
	p = c->bytes + c->used;
	c->used += need;
	memset(p, 0, len);
	return p;
}

void yaml_free(struct yaml_doc **doc)
{
	struct chunk *c, *next;

	if (doc == NULL || *doc == NULL)
		return;
	for (c = (*doc)->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(*doc);
	*doc = NULL;
}

/* --- building ------------------------------------------------------------- */

#define FIND(b, mark, ...)   \
	((b)->failed = true, \
	 diag_add((b)->diag, (mark).line + 1, (mark).column + 1, __VA_ARGS__))

static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text != 0; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

static const struct yaml *key_find(const struct node *map, const char *key,
				   uint32_t h)
{
	const struct yaml *c;

	for (c = map->y.first; c != NULL; c = c->next)
		if (((const struct node *)c)->key_hash == h &&
		    strcmp(c->key, key) == 0)
			return c;
	return NULL;
}

static void attach(struct builder *b, struct node *n)
{
	struct node *parent = b->depth > 0 ? b->stack[b->depth - 1] : NULL;

	if (parent == NULL) {
		b->doc->root = n;
		return;
	}
	if (parent->y.type == YAML_MAP) {
		n->y.key = b->key;
		n->y.key_line = b->key_line;
		n->y.key_column = b->key_column;
		n->key_hash = hash(b->key);
		b->key = NULL;
	}
	if (parent->last == NULL)
		parent->y.first = &n->y;
	else
		parent->last->y.next = &n->y;
	parent->last = n;
	parent->y.children++;
}

static struct node *add_node(struct builder *b, const yaml_event_t *ev,
			     enum yaml_type type)
{
	struct node *n;

	if (b->nodes++ >= NODES_MAX) {
		(void)FIND(b, ev->start_mark,
			   "more than %d entries; split or shorten the file",
			   NODES_MAX);
		return NULL;
	}
	n = arena_get(b->doc, sizeof(*n));
	if (n == NULL) {
		(void)FIND(b, ev->start_mark, "out of memory");
		return NULL;
	}
	n->y.type = type;
	n->y.line = ev->start_mark.line + 1;
	n->y.column = ev->start_mark.column + 1;
	attach(b, n);
	return n;
}

static bool awaits_key(const struct builder *b)
{
	return b->depth > 0 && b->stack[b->depth - 1]->y.type == YAML_MAP &&
	       b->key == NULL;
}

static int on_key(struct builder *b, const yaml_event_t *ev, const char *text)
{
	const struct node *map = b->stack[b->depth - 1];
	const struct yaml *first;

	if (text[0] == 0)
		return FIND(b, ev->start_mark, "empty key; name it");
	if (map->y.children >= KEYS_MAX)
		return FIND(b, ev->start_mark,
			    "more than %d keys in one map; split it", KEYS_MAX);
	first = key_find(map, text, hash(text));
	if (first)
		(void)FIND(b, ev->start_mark,
			   "key '%.64s' twice, first at %zu:%zu; keep one of "
			   "them",
			   text, first->key_line, first->key_column);
	b->key = text;
	b->key_line = ev->start_mark.line + 1;
	b->key_column = ev->start_mark.column + 1;
	return 0;
}

static int on_scalar(struct builder *b, const yaml_event_t *ev)
{
	size_t len = ev->data.scalar.length;
	char *text = arena_get(b->doc, len + 1);
	struct node *n;

	if (text == NULL)
		return FIND(b, ev->start_mark, "out of memory");
	if (memchr(ev->data.scalar.value, 0, len) != NULL)
		return FIND(b, ev->start_mark,
			    "a NUL character; texts cannot hold it");
	memcpy(text, ev->data.scalar.value, len);
	if (awaits_key(b))
		return on_key(b, ev, text);
	n = add_node(b, ev, YAML_SCALAR);
	if (n == NULL)
		return -1;
	n->y.text = text;
	n->y.quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static int on_open(struct builder *b, const yaml_event_t *ev,
		   enum yaml_type type)
{
	struct node *n;

	if (awaits_key(b))
		return FIND(b, ev->start_mark,
			    "a map or list as a key; keys are plain words");
	if (b->depth >= DEPTH_MAX)
		return FIND(b, ev->start_mark,
			    "nested deeper than %d levels; write it flatter",
			    DEPTH_MAX);
	n = add_node(b, ev, type);
	if (n == NULL)
		return -1;
	b->stack[b->depth++] = n;
	return 0;
}

/* --- what the subset refuses ---------------------------------------------- */

static void refuse_marks(struct builder *b, const yaml_event_t *ev,
			 const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor != NULL)
		(void)FIND(b, ev->start_mark,
			   "an anchor (&); write the value out");
	if (tag != NULL)
		(void)FIND(b, ev->start_mark, "a tag (!); leave it out");
}

static int on_document(struct builder *b, const yaml_event_t *ev)
{
	if (b->documents++ > 0)
		return FIND(b, ev->start_mark,
			    "a second document; one file is one document");
	if (ev->data.document_start.tag_directives.start !=
	    ev->data.document_start.tag_directives.end)
		(void)FIND(b, ev->start_mark, "a %%TAG line; leave it out");
	return 0;
}

static int on_event(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, ev);
	case YAML_ALIAS_EVENT:
		return FIND(b, ev->start_mark,
			    "an alias (*); write the value out");
	case YAML_SCALAR_EVENT:
		refuse_marks(b, ev, ev->data.scalar.anchor,
			     ev->data.scalar.tag);
		return on_scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
		refuse_marks(b, ev, ev->data.sequence_start.anchor,
			     ev->data.sequence_start.tag);
		return on_open(b, ev, YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		refuse_marks(b, ev, ev->data.mapping_start.anchor,
			     ev->data.mapping_start.tag);
		return on_open(b, ev, YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

/* --- parsing -------------------------------------------------------------- */

/* libyaml names only the byte where it could not read. */
static yaml_mark_t mark_of(const uint8_t *bytes, size_t len, size_t offset)
{
	yaml_mark_t mark = {0};

	for (size_t i = 0; i < offset && i < len; i++) {
		mark.column++;
		if (bytes[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

/* A tab before a key is the usual mistake, and libyaml's words for it help
 * nobody.  Its index counts characters, so the line is looked for. */
static bool tab_indents(const uint8_t *bytes, size_t len, yaml_mark_t *mark)
{
	size_t i = 0, line = mark->line, column = 0;

	for (; i < len && line > 0; i++)
		line -= bytes[i] == '\n';
	for (; i < len && bytes[i] == ' '; i++)
		column++;
	if (i == len || bytes[i] != '\t')
		return false;
	mark->column = column;
	return true;
}

static void find_syntax(struct builder *b, const yaml_parser_t *parser,
			const uint8_t *bytes, size_t len)
{
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		(void)FIND(b, parser->mark, "out of memory");
	else if (parser->error == YAML_READER_ERROR)
		(void)FIND(b, mark_of(bytes, len, parser->problem_offset),
			   "not a UTF-8 text character; save as UTF-8");
	else if (tab_indents(bytes, len, &mark))
		(void)FIND(b, mark, "not YAML: a tab; indent with spaces");
	else /* the problem is one of libyaml's own literals */
		(void)FIND(b, mark,
			   "not YAML: %s; close brackets and quotes, and line "
			   "keys up with spaces",
			   parser->problem != NULL ? parser->problem
						   : "syntax");
}

static void parse_events(struct builder *b, yaml_parser_t *parser,
			 const uint8_t *bytes, size_t len)
{
	bool more = true;

	while (more) {
		yaml_event_t ev;

		if (!yaml_parser_parse(parser, &ev)) {
			find_syntax(b, parser, bytes, len);
			return;
		}
		more =
		    on_event(b, &ev) == 0 && ev.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	if (b->doc->root == NULL && !b->failed) {
		b->failed = true;
		(void)diag_add(
		    b->diag, 0, 0,
		    "the file is empty; `postern init` writes one to begin "
		    "with");
	}
}

int yaml_parse(const uint8_t *bytes, size_t len, struct diag *diag,
	       struct yaml_doc **ret)
{
	struct yaml_doc *doc;
	struct builder b = {.diag = diag};
	yaml_parser_t parser;

	if (len > BYTES_MAX)
		return diag_add(diag, 0, 0, "larger than %u bytes", BYTES_MAX);
	doc = calloc(1, sizeof(*doc));
	if (doc == NULL || !yaml_parser_initialize(&parser)) {
		free(doc);
		return diag_add(diag, 0, 0, "out of memory");
	}
	b.doc = doc;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &parser, len > 0 ? bytes : (const uint8_t *)"", len);
	parse_events(&b, &parser, bytes, len);
	yaml_parser_delete(&parser);
	if (b.failed) {
		yaml_free(&doc);
		return -1;
	}
	*ret = doc;
	return 0;
}

/* --- reading the tree ----------------------------------------------------- */

const struct yaml *yaml_root(const struct yaml_doc *doc)
{
	return &doc->root->y;
}

const struct yaml *yaml_get(const struct yaml *node, const char *key)
{
	const struct yaml *c;

	if (node == NULL || node->type != YAML_MAP)
		return NULL;
	for (c = node->first; c != NULL; c = c->next)
		if (strcmp(c->key, key) == 0)
			return c;
	return NULL;
}

static bool known_key(const char *key, const char *const *known, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(key, known[i]) == 0)
			return true;
	return false;
}

size_t yaml_unknown_keys(const struct yaml *map, const char *const *known,
			 size_t known_len, struct diag *diag)
{
	const struct yaml *c;
	size_t found = 0;

	if (map == NULL || map->type != YAML_MAP)
		return 0;
	for (c = map->first; c != NULL; c = c->next) {
		const char *near;

		if (known_key(c->key, known, known_len))
			continue;
		near = diag_nearest(c->key, known, known_len);
		(void)diag_add(diag, c->key_line, c->key_column,
			       near != NULL ? "unknown key '%.64s'; "
					      "did you mean '%s'?"
					    : "unknown key '%.64s'; remove it",
			       c->key, near);
		found++;
	}
	return found;
}

static bool plain(const struct yaml *node)
{
	return node != NULL && node->type == YAML_SCALAR && !node->quoted;
}

bool yaml_bool(const struct yaml *node, bool *ret)
{
	if (!plain(node))
		return false;
	if (strcmp(node->text, "true") == 0)
		*ret = true;
	else if (strcmp(node->text, "false") == 0)
		*ret = false;
	else
		return false;
	return true;
}

bool yaml_int(const struct yaml *node, int64_t *ret)
{
	const char *digits;
	char *end = NULL;
	long long v;

	if (!plain(node))
		return false;
	digits = node->text + (node->text[0] == '-');
	/* One spelling: no +, blanks, hex or leading zeros. */
	if (digits[0] < '0' || digits[0] > '9' ||
	    (digits[0] == '0' && digits[1] != 0))
		return false;
	errno = 0;
	v = strtoll(node->text, &end, 10);
	if (errno != 0 || *end != 0)
		return false;
	*ret = v;
	return true;
}

bool yaml_null(const struct yaml *node)
{
	return plain(node) &&
	       (node->text[0] == 0 || strcmp(node->text, "~") == 0 ||
		strcmp(node->text, "null") == 0);
}
