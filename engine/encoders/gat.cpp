#include "encoders/gat.h"

namespace maskscope {

Gat::Params Gat::Params::read(ParamReader& reader) {
    Params p;
    p.messages = MessageParams::read(reader, {.layer = "gat"});
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

}  // namespace maskscope
