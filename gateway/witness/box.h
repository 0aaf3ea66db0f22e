/* box.h - what is left to a witness. */
#ifndef POSTERN_WITNESS_BOX_H
#define POSTERN_WITNESS_BOX_H

#include "sandbox/sandbox.h"

const struct sandbox_rules *witness_box(void);

#endif
