#include "encoders/gin.h"

namespace maskscope {

Gin::Params Gin::Params::read(ParamReader& reader) {
    Params p;
    p.messages = MessageParams::read(reader, {.layer = "gin"});
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

}  // namespace maskscope
