import Foundation
import Screening

/// A spectrogram overview as a picture for a page: dark where the sound is strong, white where it is not.
struct SpectrogramImage {
    let width: Int
    let height: Int
    /// Indices into `palette`, top row (highest frequency) first.
    let pixels: [UInt8]
    /// The length of line time that the picture covers.
    let seconds: Double

    static let columnsAtMost = 1200
    /// The picture shows this many dB below its loudest parts.
    static let rangeDecibels = 60

    /// - Parameter bands: how many bands to show, from the lowest.
    /// - Returns: nil where the overview has no column.
    init?(_ overview: SpectrogramOverview, bands: Int = SpectrogramOverview.bandCount) {
        self.init(levels: overview.levels, bandCount: SpectrogramOverview.bandCount, columnSeconds: overview.columnSeconds, bands: bands)
    }

    /// - Parameters:
    ///   - levels: in dB above some floor, 0...255, column after column, lowest frequency first.
    ///   - bandCount: levels a column.
    ///   - bands: how many of them to show, from the lowest.
    /// - Returns: nil where there is no column.
    init?(levels: [UInt8], bandCount: Int, columnSeconds: Double, bands: Int) {
        let columnCount = levels.count / bandCount
        guard columnCount > 0, bands > 0, bands <= bandCount else { return nil }
        let stride = (columnCount + Self.columnsAtMost - 1) / Self.columnsAtMost
        let width = (columnCount + stride - 1) / stride
        seconds = Double(columnCount) * columnSeconds

        // One level in two hundred may lie above white's opposite: a click must not darken the whole call.
        var histogram = [Int](repeating: 0, count: 256)
        for level in levels { histogram[Int(level)] += 1 }
        var top = 255
        var above = histogram[255]
        while top > Self.rangeDecibels, above * 200 < levels.count {
            top -= 1
            above += histogram[top]
        }
        let bottom = top - Self.rangeDecibels

        var pixels = [UInt8](repeating: 0, count: width * bands)
        for column in 0..<width {
            let group = column * stride..<min((column + 1) * stride, columnCount)
            for band in 0..<bands {
                let sum = group.reduce(0) { $0 + Int(levels[$1 * bandCount + band]) }
                let level = Double(sum) / Double(group.count)
                let share = min(max((level - Double(bottom)) / Double(Self.rangeDecibels), 0), 1)
                pixels[(bands - 1 - band) * width + column] = UInt8((share * 255).rounded())
            }
        }
        self.width = width
        height = bands
        self.pixels = pixels
    }

    /// White over blue-grey to near black: it prints, and its negative suits a dark page.
    static let palette: [SIMD3<UInt8>] = (0..<256).map { index in
        let stops: [(Double, SIMD3<Double>)] = [
            (0, [255, 255, 255]), (0.35, [206, 219, 232]), (0.65, [104, 139, 178]), (0.88, [34, 58, 104]), (1, [10, 14, 34]),
        ]
        let share = Double(index) / 255
        let upper = stops.firstIndex { $0.0 >= share && $0.0 > 0 }!
        let (from, to) = (stops[upper - 1], stops[upper])
        let colour = from.1 + (to.1 - from.1) * ((share - from.0) / (to.0 - from.0))
        return SIMD3<UInt8>(UInt8(colour.x.rounded()), UInt8(colour.y.rounded()), UInt8(colour.z.rounded()))
    }

    var png: [UInt8] { PNG.paletted(width: width, height: height, pixels: pixels, palette: Self.palette) }

    /// The picture inside the page itself: `data:image/png;base64,…`.
    var dataURI: String { "data:image/png;base64," + Data(png).base64EncodedString() }
}
