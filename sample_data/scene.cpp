#include "sample_data/scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "sample_data/shapes.h"
#include "sample_data/texture.h"

namespace maskscope::sample_data {
namespace {

constexpr double kPi = std::numbers::pi;

/// Lengths are in halves of the picture's side: it covers [-1, 1] x [-1, 1].
struct Piece {
    int shape = 0;
    double x = 0, y = 0, radius = 0.4, angle = 0;
    double bevel = 0.3;   // how far the rounded rim reaches in, in radii
    double gloss = 0.2;   // strength of the highlight
    double height = 0.1;  // above the ground, which moves its shadow away
    Texture texture;

    /// The point in the shape's own frame, in radii.
    std::array<double, 2> local(double px, double py) const {
        const double dx = (px - x) / radius, dy = (py - y) / radius;
        return {dx * std::cos(angle) + dy * std::sin(angle), dy * std::cos(angle) - dx * std::sin(angle)};
    }
    double distance(double px, double py) const {
        const auto [u, v] = local(px, py);
        return shapeDistance(shape, u, v) * radius;
    }
};

struct Scene {
    std::array<double, 3> light{};  // unit vector towards the light
    double ambient = 0.5;
    Color lightColor{1, 1, 1};
    Texture ground;
    Color farColor{};  // the ground's colour away from the light
    double grain = 0.1;
    std::uint32_t grainSeed = 0;
    std::vector<Piece> pieces;  // back to front
};

double smooth(double low, double high, double x) {
    const double t = std::clamp((x - low) / (high - low), 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

Piece drawPiece(RandomStream& random, int shape, double hue) {
    Piece piece;
    piece.shape = shape;
    piece.angle = random.uniform(-kPi, kPi);
    piece.bevel = random.uniform(0.15, 0.5);
    piece.gloss = random.uniform(0.05, 0.5);
    piece.texture = drawTexture(random, hue, random.uniform(0.35, 0.9), random.uniform(0.5, 0.95), random.uniform(0.3, 0.6));
    return piece;
}

void drawGround(RandomStream& random, Scene& scene, double hue) {
    const double value = random.uniform(0.4, 0.92), saturation = random.uniform(0.1, 0.45);
    scene.ground = drawTexture(random, hue, saturation, value, random.uniform(0.08, 0.22));
    scene.ground.frequency *= random.uniform(0.7, 1.8);
    if (random.chance(0.35)) scene.ground.kind = Texture::Kind::Noise;
    scene.farColor = fromHsv(hue + random.uniform(-0.15, 0.15), saturation * random.uniform(0.5, 1.3), value * random.uniform(0.35, 0.75));
    scene.grain = random.uniform(0.03, 0.16);
    scene.grainSeed = random.next();
}

void drawLight(RandomStream& random, Scene& scene) {
    const double azimuth = random.uniform(0, 2 * kPi), elevation = random.uniform(0.6, 1.1);
    scene.light = {std::cos(azimuth) * std::cos(elevation), std::sin(azimuth) * std::cos(elevation), std::sin(elevation)};
    scene.ambient = random.uniform(0.35, 0.6);
    scene.lightColor = mix({1, 0.93, 0.82}, {0.86, 0.94, 1}, random.uniform());
}

/// The front shape's hue keeps away from the ground's, so that it can be seen.
Scene drawScene(int shape, RandomStream& random) {
    Scene scene;
    const double groundHue = random.uniform();
    drawLight(random, scene);
    drawGround(random, scene, groundHue);
    const auto otherShape = [&] { return static_cast<int>(random.below(kShapeNames.size())); };

    Piece front = drawPiece(random, shape, groundHue + random.uniform(0.2, 0.8));
    front.radius = random.uniform(0.42, 0.68);
    front.x = random.uniform(-0.38, 0.38);
    front.y = random.uniform(-0.38, 0.38);
    front.height = random.uniform(0.08, 0.2);

    const auto behind = random.below(3);
    for (std::uint64_t i = 0; i < behind; ++i) {
        Piece piece = drawPiece(random, otherShape(), groundHue + random.uniform(0.1, 0.9));
        piece.radius = front.radius * random.uniform(0.45, 0.8);
        const double direction = random.uniform(0, 2 * kPi), distance = front.radius * random.uniform(0.8, 1.5);
        piece.x = front.x + distance * std::cos(direction);
        piece.y = front.y + distance * std::sin(direction);
        piece.height = random.uniform(0.03, 0.08);
        scene.pieces.push_back(piece);
    }
    scene.pieces.push_back(front);
    if (random.chance(0.4)) {  // something small in front, at the rim
        Piece piece = drawPiece(random, otherShape(), random.uniform());
        piece.radius = front.radius * random.uniform(0.18, 0.28);
        const double direction = random.uniform(0, 2 * kPi), distance = front.radius * random.uniform(0.6, 1.1);
        piece.x = front.x + distance * std::cos(direction);
        piece.y = front.y + distance * std::sin(direction);
        piece.height = 0.25;
        scene.pieces.push_back(piece);
    }
    return scene;
}

Color groundAt(const Scene& scene, double x, double y) {
    const double along = 0.5 - 0.45 * (x * scene.light[0] + y * scene.light[1]);
    Color color = mix(scene.ground.at(x, y), scene.farColor, smooth(0.1, 1.1, along));
    const double grain = 1 + scene.grain * (2 * fractalNoise(9 * x, 9 * y, scene.grainSeed, 3) - 1);
    for (double& value : color) value *= grain;
    return color;
}

/// Darkness that a piece throws on what lies below it, 0..1.
double shadowAt(const Scene& scene, const Piece& piece, double x, double y) {
    // What shades this point lies above it on the way to the light.
    const double reach = piece.height / std::max(scene.light[2], 0.3);
    const double qx = x + scene.light[0] * reach, qy = y + scene.light[1] * reach;
    if (std::hypot(qx - piece.x, qy - piece.y) > 1.3 * piece.radius + piece.height) return 0;
    const double softness = 0.35 * piece.height + 0.02;
    return 0.6 * (1 - smooth(-softness, softness, piece.distance(qx, qy)));
}

/// The lit surface of a piece at a point inside it.
Color surfaceAt(const Scene& scene, const Piece& piece, double x, double y, double distance) {
    constexpr double kStep = 0.01;
    const double gx = (piece.distance(x + kStep, y) - distance) / kStep, gy = (piece.distance(x, y + kStep) - distance) / kStep;
    // A rounded rim: steep at the outline, flat from `bevel` on.
    const double depth = std::clamp(-distance / (piece.bevel * piece.radius), 0.0, 1.0);
    const double slope = 1.3 * (1 - depth) * (1 - depth) + 0.05;
    const double length = std::sqrt(1 + slope * slope * (gx * gx + gy * gy));
    const double nx = slope * gx / length, ny = slope * gy / length, nz = 1 / length;
    const double diffuse = std::max(0.0, nx * scene.light[0] + ny * scene.light[1] + nz * scene.light[2]);
    const double hx = scene.light[0], hy = scene.light[1], hz = scene.light[2] + 1, half = std::sqrt(hx * hx + hy * hy + hz * hz);
    const double gloss = piece.gloss * std::pow(std::max(0.0, (nx * hx + ny * hy + nz * hz) / half), 24);
    const auto [u, v] = piece.local(x, y);
    Color color = piece.texture.at(u, v);
    for (std::size_t c = 0; c < 3; ++c) color[c] = color[c] * (scene.ambient + (1.15 - scene.ambient) * diffuse) * scene.lightColor[c] + gloss;
    return color;
}

/// What is the same over a whole pixel, near enough: the lit ground, and the light that each piece leaves to those below it.
struct PixelBase {
    Color ground{};
    std::vector<double> light;  // one a piece
    bool touched = false;       // some piece may cover a part of the pixel
};

void computeBase(const Scene& scene, double x, double y, PixelBase& base) {
    const double lit = scene.ambient + (1.1 - scene.ambient) * scene.light[2];
    base.ground = groundAt(scene, x, y);
    for (std::size_t c = 0; c < 3; ++c) base.ground[c] *= lit * scene.lightColor[c];
    base.light.clear();
    base.touched = false;
    for (const Piece& piece : scene.pieces) {
        base.light.push_back(1 - shadowAt(scene, piece, x, y));
        base.touched = base.touched || std::hypot(x - piece.x, y - piece.y) < 1.3 * piece.radius + 0.05;
    }
}

Color colorAt(const Scene& scene, const PixelBase& base, double x, double y, double sampleSide) {
    Color color = base.ground;
    for (std::size_t i = 0; i < scene.pieces.size(); ++i) {
        const Piece& piece = scene.pieces[i];
        for (double& value : color) value *= base.light[i];
        if (std::hypot(x - piece.x, y - piece.y) > 1.3 * piece.radius) continue;
        const double distance = piece.distance(x, y);
        const double cover = std::clamp(0.5 - distance / sampleSide, 0.0, 1.0);
        if (cover > 0) color = mix(color, surfaceAt(scene, piece, x, y, distance), cover);
    }
    for (double& value : color) value = std::clamp(value, 0.0, 1.0);
    return color;
}

/// The mean over samples x samples places of a pixel at (left, top).
Color pixelAt(const Scene& scene, const PixelBase& base, double left, double top, double side, int samples) {
    Color sum{};
    const double step = side / samples, share = 1.0 / (samples * samples);
    for (int i = 0; i < samples * samples; ++i) {
        const Color color = colorAt(scene, base, left + (i % samples + 0.5) * step, top + (i / samples + 0.5) * step, step);
        for (std::size_t c = 0; c < 3; ++c) sum[c] += share * color[c];
    }
    return sum;
}

}  // namespace

Image renderScene(int shape, int sidePx, RandomStream random) {
    constexpr int kSamples = 2;  // a side, where pieces are; their outlines are smoothed by distance, too
    const Scene scene = drawScene(shape, random);
    Image image{sidePx, sidePx, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(sidePx) * static_cast<std::size_t>(sidePx) * 3)};
    const double side = 2.0 / sidePx;
    PixelBase base;
    for (int y = 0; y < sidePx; ++y)
        for (int x = 0; x < sidePx; ++x) {
            const double left = x * side - 1, top = y * side - 1;
            computeBase(scene, left + side / 2, top + side / 2, base);
            const Color color = pixelAt(scene, base, left, top, side, base.touched ? kSamples : 1);
            for (std::size_t c = 0; c < 3; ++c) image.pixels[image.offset(x, y) + c] = static_cast<std::uint8_t>(std::lround(255 * color[c]));
        }
    return image;
}

}  // namespace maskscope::sample_data
