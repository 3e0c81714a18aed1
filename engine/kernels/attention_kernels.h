#pragma once

#include "kernels/vector.h"

// Attention of one sample, for one vector width; documented in cpu_kernels.h. Heads are small, so that all that one head needs stays in
// the cache: its matrices are laid out with rows padded to whole vectors.
namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE {

constexpr std::int64_t kTileRows = MASKSCOPE_VECTOR_BYTES == 64 ? 8 : 4;
constexpr std::int64_t kTileVectors = 2;

inline std::int64_t lanesAt(std::int64_t place, std::int64_t width) { return width - place < kLanes ? width - place : kLanes; }

inline std::int64_t padded(std::int64_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

/// A matrix that is read element by element.
struct Elements {
    const float* values;
    std::int64_t rowStep, columnStep;
    float at(std::int64_t row, std::int64_t column) const { return values[row * rowStep + column * columnStep]; }
};

template <std::int64_t kRows, std::int64_t kVectors>
inline void multiplyTile(const Elements& a, const float* b, std::int64_t bStep, std::int64_t depth, float* c, std::int64_t cStep) {
    Vec sums[kRows][kVectors] = {};
    for (std::int64_t k = 0; k < depth; ++k) {
        Vec right[kVectors];
        for (std::int64_t j = 0; j < kVectors; ++j) right[j] = load(b + k * bStep + j * kLanes);
        for (std::int64_t i = 0; i < kRows; ++i) {
            const float left = a.at(i, k);
            for (std::int64_t j = 0; j < kVectors; ++j) sums[i][j] += left * right[j];
        }
    }
    for (std::int64_t i = 0; i < kRows; ++i)
        for (std::int64_t j = 0; j < kVectors; ++j) store(c + i * cStep + j * kLanes, sums[i][j]);
}

template <std::int64_t kVectors>
inline void multiplyColumns(const Elements& a, const float* b, std::int64_t bStep, std::int64_t rows, std::int64_t depth, float* c,
                            std::int64_t cStep) {
    std::int64_t row = 0;
    const auto from = [&](std::int64_t first) { return Elements{a.values + first * a.rowStep, a.rowStep, a.columnStep}; };
    for (; row + kTileRows <= rows; row += kTileRows) multiplyTile<kTileRows, kVectors>(from(row), b, bStep, depth, c + row * cStep, cStep);
    for (; row + 2 <= rows; row += 2) multiplyTile<2, kVectors>(from(row), b, bStep, depth, c + row * cStep, cStep);
    if (row < rows) multiplyTile<1, kVectors>(from(row), b, bStep, depth, c + row * cStep, cStep);
}

/// c [rows, columns] = a [rows, depth] b [depth, columns]; columns are whole vectors.
inline void multiply(const Elements& a, const float* b, std::int64_t bStep, std::int64_t rows, std::int64_t depth, std::int64_t columns, float* c,
                     std::int64_t cStep) {
    std::int64_t column = 0;
    for (; column + kTileVectors * kLanes <= columns; column += kTileVectors * kLanes)
        multiplyColumns<kTileVectors>(a, b + column, bStep, rows, depth, c + column, cStep);
    if (column < columns) multiplyColumns<1>(a, b + column, bStep, rows, depth, c + column, cStep);
}

/// One of queries, keys, values of a head, as they lie in [length, 3, heads, headWidth].
struct HeadRows {
    const float* first;
    std::int64_t step;
};

/// Copies rows, filling them up with zeros to whole vectors. @param factor  on every value
inline void pack(const HeadRows& from, std::int64_t rows, std::int64_t width, float factor, float* to) {
    const std::int64_t step = padded(width);
    for (std::int64_t row = 0; row < rows; ++row, to += step)
        for (std::int64_t i = 0; i < width; i += kLanes) store(to + i, factor * load(from.first + row * from.step + i, lanesAt(i, width)));
}

/// [width, padded(rows)], zeros behind.
inline void packTransposed(const HeadRows& from, std::int64_t rows, std::int64_t width, float* to) {
    const std::int64_t step = padded(rows);
    for (std::int64_t row = 0; row < rows; row += kLanes)
        for (std::int64_t column = 0; column < width; column += kLanes) {
            const std::int64_t high = lanesAt(row, rows), wide = lanesAt(column, width);
            const float* first = from.first + row * from.step + column;
            transposeBlock([&](std::int64_t i) { return i < high ? load(first + i * from.step, wide) : Vec{}; },
                           [&](std::int64_t i, Vec value) {
                               if (i < wide) store(to + (column + i) * step + row, value);
                           });
        }
}

inline void unpack(const float* from, std::int64_t rows, std::int64_t width, float* to, std::int64_t toStep) {
    const std::int64_t step = padded(width);
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t i = 0; i < width; i += kLanes) store(to + row * toStep + i, load(from + row * step + i), lanesAt(i, width));
}

/// Rows of scores become probabilities; the padding behind them 0.
inline void softmax(float* scores, std::int64_t rows, std::int64_t length) {
    const std::int64_t step = padded(length);
    for (std::int64_t row = 0; row < rows; ++row, scores += step) {
        Vec most = all(scores[0]);
        std::int64_t i = 0;
        for (; i + kLanes <= length; i += kLanes) most = larger(most, load(scores + i));
        float top = largest(most);
        for (; i < length; ++i) top = scores[i] > top ? scores[i] : top;
        fill(scores + length, step - length, -INFINITY);
        Vec total{};
        for (i = 0; i < step; i += kLanes) {
            const Vec weight = exponential(load(scores + i) - top);
            total += weight;
            store(scores + i, weight);
        }
        const float share = 1.0F / sum(total);
        for (i = 0; i < step; i += kLanes) store(scores + i, load(scores + i) * share);
    }
}

/// The scratch memory of a head, cut up.
struct HeadScratch {
    std::int64_t keyStep, rowStep;  // padded length, padded head width
    float *queries, *keys, *transposed, *values, *gradients, *result, *probabilities, *scores;

    HeadScratch(float* memory, std::int64_t length, std::int64_t headWidth) : keyStep(padded(length)), rowStep(padded(headWidth)) {
        const auto take = [&](std::int64_t count) {
            float* mine = memory;
            memory += count;
            return mine;
        };
        queries = take(length * rowStep);
        keys = take(length * rowStep);
        values = take(length * rowStep);
        gradients = take(length * rowStep);
        result = take(length * rowStep);
        transposed = take(headWidth * keyStep);
        probabilities = take(length * keyStep);
        scores = take(length * keyStep);
    }
    static std::int64_t size(std::int64_t length, std::int64_t headWidth) {
        return 5 * length * padded(headWidth) + headWidth * padded(length) + 2 * length * padded(length);
    }
};

inline std::int64_t attentionScratch(std::int64_t length, std::int64_t headWidth) { return HeadScratch::size(length, headWidth); }

/// Adds a row to each row of scores.
inline void addToRows(const float* row, std::int64_t rows, std::int64_t length, float* scores) {
    for (std::int64_t end = rows * padded(length), first = 0; first < end; first += padded(length))
        for (std::int64_t i = 0; i < length; i += kLanes) store(scores + first + i, load(scores + first + i) + load(row + i, lanesAt(i, length)));
}

/// Fills s.queries (times the scale) and s.probabilities.
inline void probabilitiesOf(const HeadRows& queries, const HeadRows& keys, const float* keyBias, std::int64_t length, std::int64_t asked,
                            std::int64_t headWidth, float scale, HeadScratch& s) {
    pack(queries, asked, headWidth, scale, s.queries);
    packTransposed(keys, length, headWidth, s.transposed);
    multiply({s.queries, s.rowStep, 1}, s.transposed, s.keyStep, asked, headWidth, s.keyStep, s.probabilities, s.keyStep);
    if (keyBias != nullptr) addToRows(keyBias, asked, length, s.probabilities);
    softmax(s.probabilities, asked, length);
}

inline void attend(const float* qkv, const float* keyBias, std::int64_t length, std::int64_t heads, std::int64_t headWidth, std::int64_t firstQuery,
                   float scale, float* mixed, float* scratch) {
    const std::int64_t width = heads * headWidth, step = 3 * width, asked = length - firstQuery;
    HeadScratch s(scratch, length, headWidth);
    for (std::int64_t head = 0; head < heads; ++head) {
        const float* first = qkv + head * headWidth;
        probabilitiesOf({first + firstQuery * step, step}, {first + width, step}, keyBias, length, asked, headWidth, scale, s);
        pack({first + 2 * width, step}, length, headWidth, 1.0F, s.values);
        multiply({s.probabilities, s.keyStep, 1}, s.values, s.rowStep, asked, length, s.rowStep, s.result, s.rowStep);
        unpack(s.result, asked, headWidth, mixed + head * headWidth, width);
    }
}

inline void attendBackward(const float* qkv, const float* keyBias, const float* dMixed, std::int64_t length, std::int64_t heads,
                           std::int64_t headWidth, std::int64_t firstQuery, float scale, float* dQkv, float* scratch) {
    const std::int64_t width = heads * headWidth, step = 3 * width, asked = length - firstQuery;
    HeadScratch s(scratch, length, headWidth);
    for (std::int64_t head = 0; head < heads; ++head) {
        const float* first = qkv + head * headWidth;
        float* gradient = dQkv + head * headWidth;
        probabilitiesOf({first + firstQuery * step, step}, {first + width, step}, keyBias, length, asked, headWidth, scale, s);
        pack({dMixed + head * headWidth, width}, asked, headWidth, 1.0F, s.gradients);

        // values: P^T dO
        multiply({s.probabilities, 1, s.keyStep}, s.gradients, s.rowStep, length, asked, s.rowStep, s.result, s.rowStep);
        unpack(s.result, length, headWidth, gradient + 2 * width, step);

        // probabilities: dO V^T; then through the softmax
        packTransposed({first + 2 * width, step}, length, headWidth, s.transposed);
        multiply({s.gradients, s.rowStep, 1}, s.transposed, s.keyStep, asked, headWidth, s.keyStep, s.scores, s.keyStep);
        for (std::int64_t row = 0; row < asked; ++row) {
            float* scores = s.scores + row * s.keyStep;
            const float* share = s.probabilities + row * s.keyStep;
            Vec total{};
            for (std::int64_t i = 0; i < s.keyStep; i += kLanes) total += load(scores + i) * load(share + i);
            const float mean = sum(total);
            for (std::int64_t i = 0; i < s.keyStep; i += kLanes) store(scores + i, load(share + i) * (load(scores + i) - mean));
        }

        // keys: dS^T (Q scale); queries: dS K scale
        multiply({s.scores, 1, s.keyStep}, s.queries, s.rowStep, length, asked, s.rowStep, s.result, s.rowStep);
        unpack(s.result, length, headWidth, gradient + width, step);
        pack({first + width, step}, length, headWidth, scale, s.keys);
        multiply({s.scores, s.keyStep, 1}, s.keys, s.rowStep, asked, length, s.rowStep, s.result, s.rowStep);
        for (std::int64_t row = 0; row < firstQuery; ++row) fill(gradient + row * step, headWidth, 0.0F);
        unpack(s.result, asked, headWidth, gradient + firstQuery * step, step);
    }
}

}  // namespace maskscope::MASKSCOPE_VECTOR_NAMESPACE
